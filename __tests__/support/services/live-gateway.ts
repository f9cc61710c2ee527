import type { AuditRow } from "../../../services/gateway/store/audit-log";
import { FakeAnthropic } from "./fake-anthropic";
import { buildTestGateway, type TestGateway, type TestGatewayProps } from "./test-gateway";

/** A gateway that listens, and the provider behind it. */
export interface LiveGateway {
  readonly url: string;
  readonly upstream: FakeAnthropic;
  /** Rows of the running test, in their order. */
  rows(): AuditRow[];
}

/** Starts both before the tests of a file, for all of them, and stops them afterwards. */
export function useLiveGateway(props: Omit<TestGatewayProps, "upstreamUrl"> = {}): LiveGateway {
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;
  beforeAll(async () => {
    upstream = await FakeAnthropic.start();
    gateway = buildTestGateway({ ...props, upstreamUrl: upstream.url });
    url = await gateway.listen();
  });
  beforeEach(() => gateway.audit.rows.clear());
  afterAll(async () => {
    await gateway.close();
    await upstream.stop();
  });
  return {
    get url() {
      return url;
    },
    get upstream() {
      return upstream;
    },
    rows: () => [...gateway.audit.rows.values()],
  };
}
