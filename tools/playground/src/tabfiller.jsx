// Puts the ids of the chosen workspace and channel into the variables of all tabs.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import { tabs as inFront } from "./fetcher.js";
import { fill, places } from "./places.js";
import { forgetTabs } from "./storage.js";
import { useStore } from "./store.js";

const pick = (state) => ({
  tabs: state.tabs,
  activeTabIndex: state.activeTabIndex,
  queryEditor: state.queryEditor,
  variableEditor: state.variableEditor,
  headerEditor: state.headerEditor,
});

export function TabFiller() {
  const { tabs, activeTabIndex, queryEditor, variableEditor, headerEditor } = useGraphiQL(pick);
  const { moveTab } = useGraphiQLActions();
  const { revision } = useStore(places);
  const ready = Boolean(queryEditor && variableEditor);
  inFront.active = tabs[activeTabIndex]?.id ?? "";
  inFront.open = new Set(tabs.map((tab) => tab.id));

  useEffect(() => {
    if (!ready || revision === 0) return;
    const { force } = places.get();
    const active = tabs[activeTabIndex];
    const query = queryEditor.getValue();
    const variables = fill(query, variableEditor.getValue(), force);
    // Moving the tabs to where they are replaces the ones in the background; the
    // one in front goes through its editor, so that what was just typed stays.
    const order = tabs.map((tab, index) =>
      index === activeTabIndex ? active : { ...tab, variables: fill(tab.query, tab.variables, force) },
    );
    Object.assign(active, { query, variables, headers: headerEditor?.getValue() ?? active.headers });
    moveTab(order);
  }, [ready, revision]);

  return (
    <button
      type="button"
      className="kp-link"
      title="Throw away the changes to the tabs and begin with the ready-made ones"
      onClick={() => {
        forgetTabs();
        window.location.reload();
      }}
    >
      Reset tabs
    </button>
  );
}
