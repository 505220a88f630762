// Where GraphiQL keeps things: tabs and their variables in sessionStorage (a new
// browser tab starts with the ready-made ones), history and looks in localStorage.
import { config } from "./config.js";

const OWN = /^graphiql:(tabState|query|variables|headers|operationName)$/;
const PREFIX = `karnak.${config.edition}.`;

const place = (key) => (OWN.test(key) ? sessionStorage : localStorage);
const keysOf = (area) => Object.keys(area).filter((key) => key.startsWith("karnak.") && key.includes(".graphiql:"));

export const storage = {
  getItem: (key) => place(key).getItem(PREFIX + key),
  setItem: (key, value) => place(key).setItem(PREFIX + key, value),
  removeItem: (key) => place(key).removeItem(PREFIX + key),
  clear() {
    for (const area of [sessionStorage, localStorage]) {
      for (const key of keysOf(area)) area.removeItem(key);
    }
  },
  get length() {
    return keysOf(sessionStorage).length + keysOf(localStorage).length;
  },
};

// forgetTabs lets the next start begin with the ready-made tabs.
export function forgetTabs() {
  for (const key of keysOf(sessionStorage)) sessionStorage.removeItem(key);
}
