import { chooseChannel, chooseWorkspace, places } from "./places.js";
import { useStore } from "./store.js";

const SIGNS = { PUBLIC: "#", PRIVATE: "🔒 ", DIRECT: "@ " };

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
              {`${SIGNS[channel.visibility] ?? ""}${channel.name || "direct"}`}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
