import { useEffect, useRef, useState } from "react";
import { config } from "./config.js";
import { Mark } from "./mark.jsx";
import { PlacePicker } from "./picker.jsx";
import { session } from "./session.js";
import { SignInBox } from "./signin.jsx";
import { useStore } from "./store.js";

export function TopBar() {
  const { tokens, user, notice } = useStore(session);
  const signedIn = Boolean(tokens);
  const [open, setOpen] = useState(!signedIn);
  const box = useRef(null);

  useEffect(() => setOpen(!signedIn), [signedIn]);
  useEffect(() => {
    const close = (event) => event.key === "Escape" && setOpen(false);
    window.addEventListener("keydown", close);
    return () => window.removeEventListener("keydown", close);
  }, []);

  return (
    <header className="kp-bar">
      <div className="kp-brand">
        <Mark />
        <span className="kp-title">{config.title}</span>
        {config.version && <span className="kp-version">{config.version}</span>}
      </div>
      <nav className="kp-links" aria-label="More">
        {config.links.map(({ label, path }) => (
          <a key={path} href={path}>
            {label}
          </a>
        ))}
      </nav>
      <div className="kp-space" />
      {signedIn && <PlacePicker />}
      <div className="kp-who" ref={box}>
        <button
          type="button"
          className={signedIn ? "kp-chip" : "kp-chip kp-chip-out"}
          aria-expanded={open}
          aria-controls="kp-session"
          onClick={() => setOpen(!open)}
        >
          {signedIn ? (
            <>
              <span className="kp-avatar" aria-hidden="true">
                {initials(user?.displayName)}
              </span>
              <span data-testid="who">{user?.displayName ?? "Signed in"}</span>
            </>
          ) : (
            "Sign in"
          )}
        </button>
        {open && <SignInBox onClose={() => setOpen(false)} notice={notice} />}
      </div>
    </header>
  );
}

const initials = (name = "?") =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0] ?? "")
    .join("")
    .toUpperCase();
