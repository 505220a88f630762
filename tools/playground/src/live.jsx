import { useGraphiQL } from "@graphiql/react";
import { useEffect, useRef, useState } from "react";
import { useStore } from "./store.js";
import { clearLive, live, stopLive } from "./stream.js";

const pick = ({ tabs, activeTabIndex, variableEditor }) => ({ query: tabs[activeTabIndex]?.query ?? "", variableEditor });

const RUNNING = new Set(["connecting", "live", "waiting"]);

// LivePanel shows the running subscription: its events one below the other, how
// the connection stands, and where it was resumed.
export function LivePanel() {
  const stream = useStore(live);
  const { query, variableEditor } = useGraphiQL(pick);
  const list = useRef(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [stream.count]);
  if (stream.state === "idle") return null;

  const resume = () => {
    const variables = JSON.parse(variableEditor.getValue() || "{}");
    variableEditor.setValue(JSON.stringify({ ...variables, after: stream.cursor }, null, 2));
  };
  const canResume = stream.cursor && /\$after\s*:/.test(query);

  return (
    <section className="kp-live" aria-label="Live events" data-testid="live" data-state={stream.state} data-count={stream.count}>
      <header>
        <span className={`kp-dot kp-dot-${stream.state}`} aria-hidden="true" />
        <strong>{stream.name}</strong>
        <Status stream={stream} />
        <span className="kp-space" />
        <span className="kp-count">{stream.count === 1 ? "1 event" : `${stream.count} events`}</span>
        {canResume && (
          <button type="button" onClick={resume} title="Put the cursor of the last event into this tab's variables">
            Set after
          </button>
        )}
        <button type="button" onClick={clearLive}>
          Clear
        </button>
        {RUNNING.has(stream.state) && (
          <button type="button" onClick={stopLive}>
            Stop
          </button>
        )}
      </header>
      {stream.resumed && (
        <p className="kp-resumed" data-testid="resumed">
          Resumed after {stream.resumed.seq ? `event ${stream.resumed.seq}` : "the head of the log"}
          {` (cursor ${short(stream.resumed.after)}): ${stream.resumed.count === 1 ? "1 event" : `${stream.resumed.count} events`} since.`}
        </p>
      )}
      {stream.missing && (
        <p className="kp-warn">After a cut this subscription can only begin anew and may miss events: {stream.missing} to resume.</p>
      )}
      {stream.events.length === 0 && stream.state === "live" && (
        <p className="kp-hint">Waiting for the first event. Send a message from another tab: this stays open.</p>
      )}
      {stream.said && (
        <p className="kp-said" data-testid="said">
          {stream.said}
        </p>
      )}
      <ol ref={list}>
        {stream.events.map((entry, index) => (
          <Entry key={`${entry.event?.id ?? ""}-${index}`} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

const short = (cursor) => (cursor.length > 14 ? `${cursor.slice(0, 6)}…${cursor.slice(-6)}` : cursor);

function Status({ stream }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (stream.state !== "waiting") return undefined;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [stream.state]);
  const text = {
    connecting: "connecting…",
    live: "live",
    waiting: `${stream.message} Trying again in ${Math.max(0, Math.ceil((stream.retryIn - now) / 1_000))} s.`,
    stopped: "stopped",
    ended: stream.message,
    failed: stream.message,
  }[stream.state];
  return (
    <span className={stream.state === "failed" ? "kp-error" : "kp-status"} role="status">
      {text}
    </span>
  );
}

// present tells of a change of who is there, in words.
function present(event) {
  if (event?.presentCount === undefined) return "";
  const names = (users) => users?.map((one) => one.displayName).join(", ");
  return [
    `${event.presentCount} here`,
    event.joined?.length > 0 && `${event.snapshot ? "all of them" : "joined"}: ${names(event.joined)}`,
    event.left?.length > 0 && `left: ${names(event.left)}`,
    event.typing?.length > 0 && `typing: ${names(event.typing)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function Entry({ entry }) {
  const { event, errors, at } = entry;
  const text = errors
    ? errors.map((one) => one.message).join(" ")
    : (event?.message?.body ?? event?.text ?? event?.thought ?? event?.cause ?? event?.error?.message ?? event?.channel?.name ?? event?.user?.displayName ?? present(event));
  return (
    <li className={errors ? "kp-error" : undefined}>
      <span className="kp-seq">{event?.seq ?? ""}</span>
      <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time>
      <span className="kp-type">{event?.type ?? event?.__typename ?? (errors ? "error" : "event")}</span>
      <span className="kp-text" title={text}>
        {event?.actor?.displayName && <b>{event.actor.displayName}: </b>}
        {text}
      </span>
    </li>
  );
}
