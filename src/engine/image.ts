/** A container image as it is named. */
export interface ImageName {
  /** Registry and path: `registry.example.com:5000/shop/cart`. */
  readonly repository: string;
  /** The last part of the path: `cart`. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Takes an image's name apart. A colon before the last slash belongs to a registry's port. */
export function imageName(text: string): ImageName {
  const [named = "", digest] = text.trim().split("@");
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  return {
    repository,
    name: repository.slice(repository.lastIndexOf("/") + 1),
    tag: colon < 0 ? undefined : named.slice(colon + 1),
    digest,
  };
}

/** Tags that people move: `latest`, what a branch or a channel is called. */
const MOVING =
  /^(latest|stable|edge|nightly|unstable|rolling|canary|next|head|tip|snapshot|current|release|main|master|trunk|develop|development|dev|staging|stage|testing|test|preview|prod|production|live|(.+[-_.])?latest|latest[-_.].+)$/i;

/** Whether tomorrow's pull can bring another program: no digest, and a tag that moves or none, which is `latest`. */
export function isMoving({ tag, digest }: ImageName): boolean {
  return digest === undefined && (tag === undefined || tag === "" || MOVING.test(tag));
}

/** Whether the name holds still: a digest, or a tag with a number or a commit in it. */
export function isPinned({ tag, digest }: ImageName): boolean {
  return (
    digest !== undefined ||
    (tag !== undefined && !MOVING.test(tag) && (/\d/.test(tag) || /^[0-9a-f]{7,40}$/.test(tag)))
  );
}

/** `1.2.3`, `v17.2-alpine`: the numbers that a tag begins with; undefined where it does not begin with a version. */
export function versionOf(tag: string | undefined): readonly number[] | undefined {
  const match = /^v?(\d{1,4}(?:\.\d{1,6}){0,3})(?:$|[-_+.][A-Za-z])/.exec(tag ?? "");
  return match?.[1]?.split(".").map(Number);
}

/** Below 0 where `a` is the older version. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Programs that keep data, by the last part of an image's name. */
const STORES =
  /^((bitnami|library)[-_])?(postgres(ql)?|postgis|timescaledb(-ha)?|spilo(-\d+)?|pgvector|mysql(-server)?|mariadb(-galera)?|percona(-.*)?|mongo(db)?|redis(-server|-stack(-server)?)?|valkey|keydb|cassandra|scylla|elasticsearch|opensearch|solr|zookeeper|kafka|cp-kafka|rabbitmq|nats|etcd|minio|influxdb|clickhouse(-server)?|couchdb|couchbase|neo4j|arangodb|cockroach|prometheus|victoria-metrics|vmstorage|loki|vault|consul|gitea|gitlab-ce|nextcloud|mssql|server)$/;

/** Whether an image is known to be a database, a queue or another store. */
export function isStore(image: ImageName): boolean {
  if (image.name === "server") return /mssql\/server$/.test(image.repository);
  return STORES.test(image.name);
}
