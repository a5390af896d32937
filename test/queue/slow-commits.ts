import { setTimeout as wait } from "node:timers/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * Stands between a queue and its Postgres, and holds the answer to every COMMIT back: what was committed can be seen,
 * fetched and worked on before the one who committed it goes on.
 */
export async function slowCommits(url: string, ms: number): Promise<{ url: string } & AsyncDisposable> {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const database = connect(Number(port), hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    let held = 0;
    client.on("data", (data) => {
      if (data.includes("COMMIT")) held = performance.now() + ms;
      database.write(data);
    });
    // One after the other, whatever was held back in between.
    let passed = Promise.resolve();
    database.on("data", (data) => {
      passed = passed.then(() => wait(held - performance.now())).then(() => void client.write(data));
    });
    client.on("close", () => database.destroy());
    database.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = new URL(url);
  target.port = String((server.address() as AddressInfo).port);
  return {
    url: target.href,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
