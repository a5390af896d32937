import { list, object, string } from "./json.ts";
import { isDnsLabel, isPlaceholder, type Refusal } from "./refusal.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import { scalarText } from "./words.ts";

/** Whether a number can be a port at all (apimachinery IsValidPortNum). */
export const isPort = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 65535;

/** IANA's form (apimachinery IsValidPortName): at most 15, with a letter, and no two hyphens side by side. */
export function refusedPortName(value: Json | undefined, path: FieldPath): Refusal[] {
  if (typeof value !== "string" || value === "" || isPlaceholder(value)) return [];
  if (/^\d+$/.test(value))
    return [
      {
        path,
        what: `port "${value}" is text, and a text must be the name of a port`,
        fix: `Write ${value} without quotes.`,
        mend: value,
      },
    ];
  if (value.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value)) return [];
  return [
    {
      path,
      what:
        value.length > 15
          ? `"${value}" has ${value.length} characters, and names of ports have 15 at most`
          : `"${value}" is no name of a port: lower-case letters, digits and single hyphens`,
      fix: "Give the port a name of at most 15 lower-case letters, digits and hyphens, and write it wherever the port is named: in Services, probes and monitors.",
    },
  ];
}

/** kubernetes pkg/apis/core/validation: ValidateService. */
export function refusedServicePorts(service: Manifest): Refusal[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return list(service.get("spec", "ports")).flatMap((item, index): Refusal[] => {
    const port = object(item);
    const path = ["spec", "ports", index];
    const name = string(port["name"]) ?? "";
    const number = `${scalarText(port["protocol"] ?? "TCP")} ${scalarText(port["port"])}`;
    const found: Refusal[] = [
      ...numberIn(port["port"], [...path, "port"]),
      ...(typeof port["targetPort"] === "number"
        ? numberIn(port["targetPort"], [...path, "targetPort"])
        : refusedPortName(port["targetPort"], [...path, "targetPort"])),
      ...(name === "" || isDnsLabel(name) || isPlaceholder(name)
        ? []
        : [
            {
              path: [...path, "name"],
              what: `"${name}" is no name of a port: lower-case letters, digits and hyphens, at most 63`,
              fix: "Give the port a name of that form, everywhere it is named.",
            },
          ]),
      ...(name !== "" && names.has(name)
        ? [
            {
              path: [...path, "name"],
              what: `two ports are called ${name}`,
              fix: `Give one of the ports ${name} another name.`,
            },
          ]
        : []),
      ...(typeof port["port"] === "number" && numbers.has(number)
        ? [
            {
              path: [...path, "port"],
              what: `two ports are ${number}`,
              fix: `Keep one of the ports ${number}.`,
            },
          ]
        : []),
    ];
    names.add(name);
    numbers.add(number);
    return found;
  });
}

function numberIn(value: Json | undefined, path: FieldPath): Refusal[] {
  if (typeof value !== "number" || isPort(value)) return [];
  const what = `${String(path.at(-1))} ${value} is no port`;
  return [{ path, what, fix: "Write a port between 1 and 65535." }];
}
