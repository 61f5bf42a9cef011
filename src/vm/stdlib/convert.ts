import { declassified, defineFunction } from "../function.ts";

/** The namespace `convert`: the only way to turn a secret into a text. */
export const convert = { nonsensitive: defineFunction("convert.nonsensitive", [declassified], (secret) => secret) };
