import { createRoot } from "react-dom/client";
import "../node_modules/graphiql/dist/index.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./fonts.css";
import "./page.css";
import "./live.css";
import { App } from "./app.jsx";
import { restore } from "./session.js";

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(KARNAK_WORKERS[label] ?? KARNAK_WORKERS.editor),
};

restore();
createRoot(document.getElementById("page")).render(<App />);
