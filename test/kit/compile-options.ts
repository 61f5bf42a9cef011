import { createCatalog, type CatalogOptions } from "#src/component/catalog.ts";
import { findLanguageBlock } from "#src/compile/language-blocks.ts";
import type { BlockDef, CompileOptions } from "#src/compile/types.ts";
import { attr, block, type Shape } from "#src/schema/field.ts";
import { any, bool, string } from "#src/schema/type.ts";
import { findSource } from "#src/source/catalog.ts";

const services: Readonly<Record<string, Shape>> = {
  logging: {
    level: attr(string, "Level.", { default: "info" }),
    format: attr(string, "Format.", { default: "logfmt" }),
    write_to: attr(any, "Receivers.", { optional: true }),
  },
  tracing: {
    sampling_fraction: attr(any, "Fraction.", { default: 0.1 }),
    write_to: attr(any, "Consumers.", { optional: true }),
  },
  http: {
    tls: block(
      { cert_file: attr(string, "File.", { default: "" }), key_file: attr(string, "File.", { default: "" }) },
      "TLS.",
    ),
  },
  livedebugging: { enabled: attr(bool, "Whether.", { default: false }) },
};

/** How tests compile: everything allowed, with stand-ins for the blocks of process services. */
export function compileOptions(options: Partial<CompileOptions> & CatalogOptions = {}): CompileOptions {
  return {
    stability: "experimental",
    community: false,
    component: createCatalog(options).find,
    source: findSource,
    block: (name) => findLanguageBlock(name) ?? findServiceBlock(name),
    ...options,
  };
}

function findServiceBlock(name: string): BlockDef | undefined {
  const args = Object.hasOwn(services, name) ? services[name] : undefined;
  if (args === undefined) return undefined;
  return {
    name,
    doc: "A process service.",
    args,
    stability: "generally-available",
    label: "none",
    places: ["root"],
    service: true,
  };
}
