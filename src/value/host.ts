import { Capsule } from "./value.ts";

/** A host object on its way through expressions: a receiver, a set of rules. Equal only to a handle of the same object. */
export class Handle<T = unknown> extends Capsule {
  readonly capsule: string;
  readonly value: T;
  constructor(capsule: string, value: T) {
    super();
    this.capsule = capsule;
    this.value = value;
  }
  override equals(other: Capsule): boolean {
    return other instanceof Handle && other.capsule === this.capsule && other.value === this.value;
  }
}
