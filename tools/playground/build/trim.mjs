// Leaves out of the bundle what a GraphQL page never shows: the editor's diff
// views and IDE features that have no provider here, and the JavaScript part of
// the formatter, which is only used on JSON variables.
import path from "node:path";

const unused = new RegExp(
  "/editor/(" +
    [
      "browser/widget/diffEditor/diffEditor\\.contribution",
      "contrib/anchorSelect/browser/anchorSelect",
      "contrib/codeAction/browser/codeActionContributions",
      "contrib/codelens/browser/codelensController",
      "contrib/colorPicker/browser/\\w+",
      "contrib/diffEditorBreadcrumbs/browser/contribution",
      "contrib/dnd/browser/dnd",
      "contrib/dropOrPasteInto/browser/\\w+Contribution",
      "contrib/inPlaceReplace/browser/inPlaceReplace",
      "contrib/inlayHints/browser/inlayHintsContribution",
      "contrib/inlineCompletions/browser/inlineCompletions\\.contribution",
      "contrib/inlineEdits?/browser/inlineEdits?\\.contribution",
      "contrib/inlineProgress/browser/inlineProgress",
      "contrib/linkedEditing/browser/linkedEditing",
      "contrib/placeholderText/browser/placeholderText\\.contribution",
      "contrib/rename/browser/rename",
      "contrib/sectionHeaders/browser/sectionHeaders",
      "contrib/semanticTokens/browser/\\w+SemanticTokens",
      "contrib/stickyScroll/browser/stickyScrollContribution",
      "contrib/suggest/browser/suggestInlineCompletions",
      "contrib/unicodeHighlighter/browser/unicodeHighlighter",
      "standalone/browser/iPadShowKeyboard/iPadShowKeyboard",
      "standalone/browser/inspectTokens/inspectTokens",
      "standalone/browser/referenceSearch/standaloneReferenceSearch",
    ].join("|") +
    ")\\.js$",
);

const stubs = {
  "diffEditorWidget.js": "export class DiffEditorWidget {}",
  "multiDiffEditorWidget.js": "export class MultiDiffEditorWidget {}",
};

export const trim = {
  name: "trim",
  setup(build) {
    const resolve = (args, name = args.path) =>
      build.resolve(name, { resolveDir: args.resolveDir, importer: args.importer, kind: args.kind, pluginData: "resolved" });

    build.onResolve({ filter: /\.js$/ }, async (args) => {
      if (args.pluginData === "resolved") return null;
      const importer = path.basename(args.importer);
      if (importer === "editor.all.js" || importer === "edcore.main.js") {
        const found = await resolve(args);
        return unused.test(found.path) ? { path: "unused", namespace: "stub" } : found;
      }
      const stub = stubs[path.basename(args.path)];
      if (stub && importer.startsWith("standalone")) return { path: path.basename(args.path), namespace: "stub" };
      return null;
    });

    build.onResolve({ filter: /^prettier\// }, (args) => {
      if (args.pluginData === "resolved") return null;
      if (path.basename(args.importer) === "jsonc.js") {
        return args.path === "prettier/standalone"
          ? { path: path.resolve("src/json-format.js") }
          : { path: "formatter", namespace: "stub" };
      }
      if (args.path === "prettier/parser-graphql") return resolve(args, "prettier/plugins/graphql");
      return null;
    });

    // GraphiQL's own sheet has the editor's rules and its icon font already.
    build.onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, () => ({ contents: "", loader: "css" }));

    build.onLoad({ filter: /.*/, namespace: "stub" }, (args) => ({
      contents: stubs[args.path] ?? "export const parsers = {}, printers = {};",
      loader: "js",
    }));
  },
};
