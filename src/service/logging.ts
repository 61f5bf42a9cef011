import type { Infer } from "#src/schema/field.ts";
import type { ProcessLog } from "#src/util/logger.ts";
import type { loggingArgs } from "./blocks.ts";

/** Puts a `logging` block in force when the returned function is called. */
export function prepareLogging(log: ProcessLog, { level, format }: Infer<typeof loggingArgs>): () => void {
  return () => log.configure({ level, format });
}
