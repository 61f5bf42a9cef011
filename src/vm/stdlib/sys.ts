import { defineFunction, text } from "../function.ts";

/** The namespace `sys`. */
export const sys = {
  env: defineFunction("sys.env", [text], (name) => process.env[name] ?? ""),
};
