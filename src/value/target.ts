import { Capsule, type ObjectValue } from "./value.ts";

/** A discovered target: a set of labels, equal to any other with the same labels whatever their order. Reads as an object of strings. */
export class Target extends Capsule {
  readonly capsule = "Target";
  readonly labels: ReadonlyMap<string, string>;
  constructor(labels: ReadonlyMap<string, string>) {
    super();
    this.labels = labels;
  }
  override asObject(): ObjectValue {
    return this.labels;
  }
  override equals(other: Capsule): boolean {
    if (!(other instanceof Target) || other.labels.size !== this.labels.size) return false;
    for (const [name, value] of this.labels) if (other.labels.get(name) !== value) return false;
    return true;
  }
}
