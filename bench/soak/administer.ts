import { MASTER_KEY } from "../targets/gateway";

/** What scripts and people do to keys and users all day; each step leaves nothing behind that grows. */
export function administration(ports: readonly number[]): (() => Promise<void>)[] {
  let count = 0;
  return ports.map((port, index) => async () => {
    count += 1;
    const name = `soak-${index}-${count}`;
    const user = `${name}-user`;
    await call(port, "/user/new", {
      user_id: user,
      auto_create_key: false,
      max_budget: 10,
      budget_duration: "30d",
    });
    const { key } = (await call(port, "/key/generate", {
      key_alias: name,
      user_id: user,
      max_budget: 1,
      rpm_limit: 100,
    })) as { key: string };
    await call(port, "/key/update", { key, max_budget: 2 });
    await call(port, "/key/block", { key });
    await call(port, `/key/info?key=${key}`);
    await call(port, "/key/delete", { keys: [key] });
    await call(port, "/user/delete", { user_ids: [user] });
  });
}

async function call(port: number, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
