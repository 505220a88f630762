import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { useEffect } from "react";
import { config } from "./config.js";
import { fetcher, tabs } from "./fetcher.js";
import { LivePanel } from "./live.jsx";
import { leave, load } from "./places.js";
import { session } from "./session.js";
import { storage } from "./storage.js";
import { useStore } from "./store.js";
import { stopLive } from "./stream.js";
import { TabFiller } from "./tabfiller.jsx";
import { TopBar } from "./topbar.jsx";

const plugins = [HISTORY_PLUGIN];
const readyMade = config.tabs.map(({ query, variables }) => ({ query, variables }));

function onTabChange({ tabs: all, activeTabIndex }) {
  tabs.active = all[activeTabIndex]?.id ?? "";
  tabs.open = new Set(all.map((tab) => tab.id));
}

export function App() {
  const userId = useStore(session).user?.id ?? "";
  useEffect(() => {
    if (userId) {
      load(session.get().fresh);
    } else {
      leave();
      stopLive();
    }
  }, [userId]);
  return (
    <div className="kp-page">
      <TopBar />
      <div className="kp-work">
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          plugins={plugins}
          defaultTabs={readyMade}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          inputValueDeprecation
          schemaDescription
          onTabChange={onTabChange}
        >
          <GraphiQL.Logo>
            <TabFiller />
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <LivePanel />
          </GraphiQL.Footer>
        </GraphiQL>
      </div>
    </div>
  );
}
