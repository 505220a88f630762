import { chooseChannel, chooseWorkspace, places } from "./places.js";
import { useStore } from "./store.js";

// label shows what kind a channel is in letters: not every machine has a picture of a lock.
function label({ name, visibility }) {
  if (visibility === "DIRECT") return name || "direct";
  return visibility === "PRIVATE" ? `#${name} (private)` : `#${name}`;
}

export function PlacePicker() {
  const { members, channels, workspaceId, channelId, error } = useStore(places);
  if (error) {
    return (
      <span className="kp-error" role="alert">
        {error}
      </span>
    );
  }
  return (
    <div className="kp-picker" title="The ids of these fill the variables of all tabs">
      <label>
        <span>Workspace</span>
        <select data-testid="workspace" value={workspaceId} onChange={(event) => chooseWorkspace(event.target.value)}>
          {members.map(({ workspace, role }) => (
            <option key={workspace.id} value={workspace.id}>
              {`${workspace.name} (${role})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Channel</span>
        <select data-testid="channel" value={channelId} onChange={(event) => chooseChannel(event.target.value)}>
          {channels.map((channel) => (
            <option key={channel.id} value={channel.id}>
              {label(channel)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
