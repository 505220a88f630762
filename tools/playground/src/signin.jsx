import { useEffect, useState } from "react";
import { config } from "./config.js";
import { places } from "./places.js";
import { refresh, session, signIn, signOut } from "./session.js";
import { useStore } from "./store.js";

export function SignInBox({ onClose, notice }) {
  const { tokens } = useStore(session);
  return (
    <section id="kp-session" className="kp-box" aria-label="Session">
      <button type="button" className="kp-close" aria-label="Close" onClick={onClose}>
        ×
      </button>
      {tokens ? <SignedIn /> : <SignedOut notice={notice} />}
    </section>
  );
}

function SignedOut({ notice }) {
  const { busy, error } = useStore(session);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event) => {
    event.preventDefault();
    signIn(email.trim(), password);
  };
  const take = (user) => {
    setEmail(user.email);
    setPassword(user.password);
    signIn(user.email, user.password);
  };
  return (
    <>
      <h2>Sign in</h2>
      {notice && <p className="kp-notice">{notice}</p>}
      <form onSubmit={submit}>
        <label>
          E-mail
          <input type="email" name="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.target.value)} />
        </label>
        <label>
          Password
          <input
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
        </label>
        {error && (
          <p className="kp-error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" className="kp-primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
      {config.demoUsers.length > 0 && (
        <>
          <h3>Or pick a demo user</h3>
          <ul className="kp-demo">
            {config.demoUsers.map((user) => (
              <li key={user.email}>
                <button type="button" disabled={busy} onClick={() => take(user)} data-email={user.email}>
                  <span className="kp-demo-name">{user.name}</span>
                  {user.role && <span className="kp-role">{user.role}</span>}
                  <span className="kp-demo-note">{[user.workspace, user.email].filter(Boolean).join(" · ")}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function SignedIn() {
  const { tokens, user, busy } = useStore(session);
  const { members } = useStore(places);
  const left = useCountdown(tokens.expiresAt);
  return (
    <>
      <h2>{user?.displayName ?? "Signed in"}</h2>
      <p className="kp-mail">{user?.email}</p>
      <dl className="kp-facts">
        {members.map(({ role, owner, workspace }) => (
          <div key={workspace.id}>
            <dt>{workspace.name}</dt>
            <dd>
              <span className="kp-role">{owner ? `${role}, owner` : role}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p className="kp-token">
        Access token: {left}. It is refreshed by itself, goes out as <code>Authorization: Bearer …</code> and in <code>connection_init</code>,
        and is kept until this browser tab is closed.
      </p>
      <div className="kp-actions">
        <button type="button" onClick={() => refresh().catch(() => {})} disabled={busy}>
          Refresh now
        </button>
        <button type="button" onClick={() => navigator.clipboard?.writeText(tokens.accessToken)}>
          Copy token
        </button>
        <button type="button" className="kp-out" onClick={signOut} disabled={busy}>
          Sign out
        </button>
      </div>
    </>
  );
}

function useCountdown(instant) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((Date.parse(instant) - now) / 1_000));
  const minutes = Math.floor(seconds / 60);
  return seconds === 0 ? "expired" : `${minutes ? `${minutes} min ` : ""}${seconds % 60} s left`;
}
