// Collects the licence of every package that has code in the bundle.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

function packageDir(input) {
  const cut = input.lastIndexOf("node_modules/");
  if (cut < 0) return null;
  const rest = input.slice(cut + "node_modules/".length).split("/");
  const name = rest[0].startsWith("@") ? `${rest[0]}/${rest[1]}` : rest[0];
  return input.slice(0, cut + "node_modules/".length) + name;
}

async function textOf(dir) {
  const names = (await readdir(dir)).filter((name) => /^(licen[cs]e|copying|third.?party.?notices)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, name), "utf8")));
  return texts.map((text) => text.trim()).join("\n\n");
}

// Packages of one repository share the licence that only some of them carry.
const families = [
  [/^(@graphiql\/|graphiql$|graphql-language-service$|monaco-graphql$)/, "graphiql"],
  [/^(react|react-dom|react-compiler-runtime|scheduler)$/, "react"],
  [/^react-remove-scroll/, "react-remove-scroll"],
];
const family = (name) => families.find(([pattern]) => pattern.test(name))?.[1] ?? name;

export async function licences(metafiles) {
  const dirs = new Set();
  for (const meta of metafiles) {
    for (const input of Object.keys(meta.inputs)) {
      const dir = packageDir(input);
      if (dir && existsSync(path.join(dir, "package.json"))) dirs.add(dir);
    }
  }
  const found = [];
  for (const dir of dirs) {
    const about = JSON.parse(await readFile(path.join(dir, "package.json"), "utf8"));
    found.push({ name: about.name, version: about.version, licence: about.license ?? "", text: await textOf(dir) });
  }
  found.sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
  const byFamily = new Map(found.filter((p) => p.text).map((p) => [family(p.name), p.text]));
  const parts = found.map((p) => {
    const text = p.text || byFamily.get(family(p.name)) || "";
    if (!text) throw new Error(`no licence text for ${p.name} ${p.version} (${p.licence})`);
    return `${p.name} ${p.version} (${p.licence})\n${"-".repeat(72)}\n${text}\n`;
  });
  return `The page at / contains parts of the packages below, under their licences.\n\n${parts.join("\n\n")}`;
}
