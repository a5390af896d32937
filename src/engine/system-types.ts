import type { FieldPath, Json, Manifest } from "./types.ts";

/** The words in which the table of operator-managed systems is written. `*` in a path stands for each entry of a list or map. */

/**
 * What a group of members needs to serve. `majority`: more than half of them (etcd, ZooKeeper, Galera, replica sets).
 * `one`: a single one, to which the others fail over or beside which they answer. `copies`: as many as its data was
 * copied to, which other fields say.
 */
export type Needs = "majority" | "one" | "copies";

/** Where an object of an operator writes how many members there are. */
export interface MembersRule {
  /** `instances`, `brokers`. */
  readonly called: string;
  readonly count: FieldPath;
  /** What is meant where it is not written; undefined where the operator demands it or something else decides. */
  readonly otherwise?: number;
  readonly needs: Needs | ((manifest: Manifest) => Needs);
  /** The entries of the list are one group, which counts together. */
  readonly together?: true;
  /** Which entries of the list belong to it. */
  readonly among?: (entry: Json) => boolean;
  readonly when?: (manifest: Manifest) => boolean;
}

/** Where an object says that, how often, and for how long it makes backups. */
export interface BackupFields {
  /** Parts without which there are no backups: one of them is enough; the object itself where none is named. */
  readonly parts: readonly FieldPath[];
  /** Switches: false in one of them means that none are made. */
  readonly switches?: readonly FieldPath[];
  /** Switches of the copying of each write, without which a restore goes no further than the last backup. */
  readonly continuous?: readonly FieldPath[];
  readonly schedules: readonly FieldPath[];
  readonly suspends: readonly FieldPath[];
  /** How long, or how many, backups are kept. */
  readonly retentions: readonly FieldPath[];
}

/** A field that decides whether data outlives its owner. */
export interface KeepPolicy {
  readonly path: FieldPath;
  readonly deletes: readonly (string | boolean)[];
  /** What is meant where the field is not written. */
  readonly otherwise: string | boolean;
  /** `when its claim is removed`. */
  readonly when: string;
}

/** A setting that protects a system, and what it protects from. */
export interface Guard {
  readonly path: FieldPath;
  /**
   * From drains that take many members at once; from members that share a node; from writes that only one member has,
   * always or while no stand-by is in reach.
   */
  readonly kind: "disruptions" | "spread" | "synchronous" | "durability";
  /** Whether a value, or its absence, takes the protection away. */
  readonly off: (value: Json | undefined) => boolean;
  /** Where this is written, it protects instead. */
  readonly unless?: FieldPath;
  /** The setting means something only where this is written on both sides. */
  readonly beside?: FieldPath;
}

/** A database, a queue or another store that an operator runs as one object says. Operators replace members one at a time. */
export interface System {
  /** What runs: `PostgreSQL`. */
  readonly runs: string;
  readonly members: readonly MembersRule[];
  readonly backups?: BackupFields;
  readonly keeps?: readonly KeepPolicy[];
  /** A switch that stops all members where it is true. */
  readonly stop?: FieldPath;
  readonly guards?: readonly Guard[];
}
