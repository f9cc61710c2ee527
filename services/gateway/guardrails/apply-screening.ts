import type { MessagesRequest } from "../messages/request";
import { contentBlocked } from "./errors";
import { type MaskedRequest, mask } from "./mask";
import { screen } from "./screen";
import type { Screening } from "./screening";

/**
 * The request as the screening of its key lets it pass.
 * @param screening `undefined`: as it is
 * @returns the same request when nothing was found, and otherwise what was masked
 * @throws GatewayError 400 `content_blocked`
 */
export function applyScreening(request: MessagesRequest, screening: Screening | undefined): MaskedRequest {
  if (screening === undefined) return { request, findings: [] };
  const { action, patterns, onFindings } = screening;
  if (action === "mask") {
    const masked = mask(request, patterns);
    if (masked.findings.length > 0) onFindings?.(masked.findings);
    return masked;
  }
  const findings = screen(request, patterns);
  if (findings.length === 0) return { request, findings };
  onFindings?.(findings);
  throw contentBlocked(findings);
}
