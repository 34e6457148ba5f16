// Of core.txt, what our shim does not pass, and why. Everything else in it must pass.

const OLDER = "a connection of TLS 1.2 or older has to succeed";
const TICKETS = "the runner rewrites tickets in BoringSSL's own format";
const NO_FLAG = "asks for something of BoringSSL's interface that we have no like of";

export const NOT_PASSED: Readonly<Record<string, string>> = {
  "MinimumVersion-Client2-TLS1-TLS1-TLS": OLDER,
  "MinimumVersion-Client2-TLS1-TLS11-TLS": OLDER,
  "MinimumVersion-Client2-TLS1-TLS12-TLS": OLDER,
  "MinimumVersion-Client2-TLS11-TLS11-TLS": OLDER,
  "MinimumVersion-Client2-TLS11-TLS12-TLS": OLDER,
  "MinimumVersion-Client2-TLS12-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS1-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS11-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS11-TLS11-TLS": OLDER,
  "MinimumVersion-Server2-TLS11-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS12-TLS12-TLS": OLDER,
  "Resume-Server-DeclineBadCipher-TLS13": TICKETS,
  "Resume-Server-DeclineCrossVersion-TLS13": TICKETS,
  "ALPNClient-AllowUnknown-TLS-TLS13": NO_FLAG,
  "ALPNServer-SelectEmpty-TLS-TLS13": NO_FLAG,
  "ServerAuth-PeerVerifyPrefs-TLS13": NO_FLAG,
  "TLS13-TicketAgeSkew-Backward": `${NO_FLAG}: a ticket's age matters to early data only`,
  "TLS13-TicketAgeSkew-Forward": `${NO_FLAG}: a ticket's age matters to early data only`,
  "GREASE-Client-TLS13": "we send no GREASE (RFC 8701)",
  "GREASE-Server-TLS13": "we send no GREASE (RFC 8701)",
  TwoMLKEMs: "ML-KEM-1024 is not spoken",
  "TLS13-Client-EmptyTicketFlags":
    "flags of tickets are an extension that is not spoken: it is skipped as any that is unknown",
  "TLS13-Client-NonminimalTicketFlags":
    "flags of tickets are an extension that is not spoken: it is skipped as any that is unknown",
  UnencryptedEncryptedExtensions:
    "a handshake message in the clear where it may not be is unexpected_message (RFC 8446 5); BoringSSL tries to open it first",
  "SendWarningAlerts-TLS13":
    "an alert ends the connection whatever its level says (RFC 8446 6); BoringSSL answers it with an alert of its own",
};
