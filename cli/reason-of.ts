/** Why a call got no answer, such as `ECONNREFUSED`: Node hides in the cause of its error why a connection failed. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
