export type HttpErrorKind = "aborted" | "timeout" | "network" | "too-large" | "redirect" | "credentials";

/** A request that got no answer. The message names method, URL and cause, and holds no secret. */
export class HttpError extends Error {
  readonly kind: HttpErrorKind;
  constructor(kind: HttpErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "HttpError";
    this.kind = kind;
  }
}
