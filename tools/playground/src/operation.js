// Reads from a document what the page has to know about the chosen operation.
import { Kind, parse } from "graphql";

// operationOf finds the operation that will run; null for a broken document.
export function operationOf(query, name) {
  let document;
  try {
    document = parse(query);
  } catch {
    return null;
  }
  const operations = document.definitions.filter((part) => part.kind === Kind.OPERATION_DEFINITION);
  return operations.find((part) => part.name?.value === name) ?? (operations.length === 1 ? operations[0] : null);
}

// resumePlan says how a subscription goes on after a cut: under which key its
// events come, which variable takes the cursor, and what is missing if it cannot.
export function resumePlan(operation) {
  const field = operation.selectionSet.selections.find((part) => part.kind === Kind.FIELD);
  if (!field) return { key: "", variable: "", missing: "select the event by its field" };
  const key = field.alias?.value ?? field.name.value;
  const after = field.arguments?.find((part) => part.name.value === "after");
  const variable = after?.value.kind === Kind.VARIABLE ? after.value.name.value : "";
  const cursor = field.selectionSet?.selections.some(
    (part) => part.kind === Kind.FIELD && part.name.value === "cursor" && !part.alias,
  );
  // What tells everything again after a cut has nothing to resume.
  const whole = field.selectionSet?.selections.some((part) => part.kind === Kind.FIELD && part.name.value === "snapshot");
  if (whole) return { key, variable: "", missing: "" };
  const missing = [!variable && "pass `after: $after`", !cursor && "select `cursor`"].filter(Boolean).join(" and ");
  return { key, variable, missing };
}

const HEADS = {
  channelId: "query Head($id: ID!) { node(id: $id) { ... on Channel { cursor } } }",
  workspaceId: "query Head($id: ID!) { node(id: $id) { ... on Workspace { cursor } } }",
};

// headQuery asks where the log stands for the object a subscription follows.
export function headQuery(operation, variables) {
  const field = operation.selectionSet.selections.find((part) => part.kind === Kind.FIELD);
  for (const argument of field?.arguments ?? []) {
    const query = HEADS[argument.name.value];
    if (!query) continue;
    const { value } = argument;
    const id = value.kind === Kind.VARIABLE ? variables?.[value.name.value] : value.value;
    if (id) return { query, variables: { id } };
  }
  return null;
}
