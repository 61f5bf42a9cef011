/** Arguments as they decode from an empty block: what a test of `create` lays its own over. */
export { defaultsOf, defaultsOf as defaults } from "#src/schema/defaults.ts";
