// Bundles the page into ../../graph/playground/dist: content-hashed, gzipped,
// with the licences of everything that ends up in it. Run `npm ci && npm run build`.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { licences } from "./build/licences.mjs";
import { trim } from "./build/trim.mjs";

const dist = path.resolve("../../graph/playground/dist");

const common = {
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  target: "es2022",
  legalComments: "none",
  outdir: dist,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [trim],
};

const workers = await build({
  ...common,
  format: "iife",
  entryPoints: {
    "worker-editor": "monaco-editor/esm/vs/editor/editor.worker.js",
    "worker-json": "monaco-editor/esm/vs/language/json/json.worker.js",
    "worker-graphql": "monaco-graphql/esm/graphql.worker.js",
  },
});

const workerPaths = {};
for (const file of workers.outputFiles) {
  const name = path.basename(file.path);
  workerPaths[name.split("-")[1]] = `/assets/${name}`;
}

const page = await build({
  ...common,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  publicPath: "/assets/",
  entryPoints: { page: "src/main.jsx" },
  define: { ...common.define, KARNAK_WORKERS: JSON.stringify(workerPaths) },
});

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

// A dynamic import that was optimised away leaves its part behind; only what the
// page can reach is kept.
const outputs = page.metafile.outputs;
const reached = new Set();
const visit = (name) => {
  if (reached.has(name) || !outputs[name]) return;
  reached.add(name);
  for (const { path: next } of outputs[name].imports) visit(next);
  if (outputs[name].cssBundle) visit(outputs[name].cssBundle);
};
visit(Object.keys(outputs).find((name) => outputs[name].entryPoint === "src/main.jsx"));
const wanted = (file) => workers.outputFiles.includes(file) || reached.has(path.relative(".", file.path));

let bytes = 0;
const entry = {};
for (const file of [...workers.outputFiles, ...page.outputFiles]) {
  const name = path.basename(file.path);
  if (file.contents.length === 0 || !wanted(file)) continue;
  if (name.startsWith("page-")) entry[path.extname(name).slice(1)] = name;
  const packed = name.endsWith(".woff2");
  const data = packed ? file.contents : gzipSync(file.contents, { level: 9 });
  bytes += data.length;
  await writeFile(path.join(dist, packed ? name : `${name}.gz`), data);
}
await writeFile(path.join(dist, "manifest.json"), JSON.stringify({ script: entry.js, style: entry.css }, null, 2) + "\n");
await writeFile(path.join(dist, "LICENSES.txt"), await licences([workers.metafile, page.metafile]));
console.log(`${(bytes / 1e6).toFixed(2)} MB compressed in ${dist}`);
