// What the server tells the page: it is in the page as JSON, so that nothing
// has to be fetched before the page is drawn.
export const config = JSON.parse(document.getElementById("playground-config").textContent);

export function socketURL() {
  const url = new URL(config.endpoint, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
