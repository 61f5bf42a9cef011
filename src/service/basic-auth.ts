import { createHash, timingSafeEqual } from "node:crypto";
import type { AuthArgs } from "./http-args.ts";

/** Whether a request may pass: its path as sent, without the query, and its Authorization header. */
export type Gate = (path: string, authorization: string | undefined) => boolean;

/**
 * The gate of an `auth` block. A filter without paths protects everything, whatever else it says; in Alloy an empty one
 * protects nothing. Where it cannot be told which path is meant, a password is asked for.
 */
export function createGate(auth: AuthArgs | undefined): Gate {
  if (auth?.basic === undefined) return () => true;
  const { filter } = auth;
  const expected = digest(`${auth.basic.username}:${auth.basic.password.reveal()}`);
  const isOpen = (path: string): boolean => {
    if (filter.paths.length === 0) return false;
    const decoded = decode(path);
    if (decoded === undefined) return false;
    const matches = (text: string): boolean => filter.paths.some((prefix) => text.startsWith(prefix));
    return filter.authenticate_matching_paths ? !matches(path) && !matches(decoded) : matches(path) && matches(decoded);
  };
  return (path, authorization) => isOpen(path) || timingSafeEqual(digest(credentials(authorization)), expected);
}

function credentials(authorization: string | undefined): string {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "") ?? [];
  return encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
