// A socket without a client library, for what those never send.
import WebSocket from "ws";
import { socketURL } from "./server.mjs";

// raw opens a socket and sends frames. Its `opened` resolves with the first frame of the server, its `closed` with
// { code, reason } when the server has closed it; it fails where no socket came about.
export function raw(frames, protocol = "graphql-transport-ws") {
  const socket = new WebSocket(socketURL, protocol);
  socket.on("open", () => frames.forEach((frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame))));
  return {
    opened: new Promise((resolve) => socket.once("message", (data) => resolve(JSON.parse(data)))),
    closed: new Promise((resolve, reject) => {
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
      socket.on("error", reject);
    }),
  };
}
