/** A URL as people may see it: without its password and, since keys travel there too, without its query. */
export function redactUrl(url: URL | string): string {
  if (typeof url === "string" && !URL.canParse(url)) return "(invalid URL)";
  const { protocol, username, password, host, pathname, search } = new URL(url);
  const user = username === "" ? "" : `${username}${password === "" ? "" : ":xxxxx"}@`;
  return `${protocol}//${user}${host}${pathname}${search === "" ? "" : "?…"}`;
}
