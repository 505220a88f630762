// Stands in for the general formatter where GraphiQL formats JSON with comments.
import { applyEdits, format as edits } from "jsonc-parser";

export function format(content) {
  return applyEdits(content, edits(content, undefined, { tabSize: 2, insertSpaces: true, eol: "\n" }));
}

export default { format };
