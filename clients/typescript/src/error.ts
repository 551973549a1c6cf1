/** What the server, or the client itself, says no with. */
export class RoomwireError extends Error {
    override readonly name = 'RoomwireError';

    /** `code` is the server's; of the client itself are `closed` and `too_large`, and `lost`, which it keeps to itself. */
    constructor(
        readonly code: string,
        message = code,
        readonly retryAfterMs?: number | undefined,
    ) {
        super(message);
    }

    /** Whether the same request may succeed later. Codes that nobody knows yet do not pass. */
    get passes(): boolean {
        return /^(unavailable|rate_limited|internal)$/.test(this.code);
    }
}
