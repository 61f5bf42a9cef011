/** What all benches share: processes with their CPU and memory, interleaved rounds, medians, one JSON line. */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { readFileSync } from "node:fs";

const TICKS = 100;

/** CPU seconds (user and system) that a live process has used so far, its waited-for children included. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Resident memory of a live process and the most it has had, in bytes. */
export function memory(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)![1]) * 1024;
  return { now: bytes("VmRSS"), most: bytes("VmHWM") };
}

function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Starts a process that ends with the bench, its output kept for errors. */
export function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess & { readonly output: () => string } {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  const keep = (text: Buffer): void => void (output = (output + text.toString()).slice(-20_000));
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return Object.assign(child, { output: () => output });
}

/** Asks a URL until it answers 200, or throws after `seconds`. */
export async function ready(url: string, seconds = 30, every = 5): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    if (performance.now() > until) throw new Error(`${url} was not ready within ${seconds} s`);
    await pause(every);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ends a process politely, then by force; resolves when it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(timer);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs both sides in turns, so that a machine that changes its pace changes it for both. */
export async function interleave(
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<{ readonly ours: number[]; readonly peer: number[] }> {
  const result = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    result.ours.push(await ours());
    result.peer.push(await peer());
  }
  return result;
}

export function print(result: Readonly<Record<string, unknown>>): void {
  const rounded = JSON.stringify(result, (_key, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(4)) : value,
  );
  process.stdout.write(`${rounded}\n`);
}

/** A seeded generator of numbers in [0, 1): xorshift32. */
export function random(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 0x1_0000_0000;
  };
}
