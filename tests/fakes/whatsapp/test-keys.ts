/**
 * Keys for tests alone, published here on purpose: they protect nothing. Servers that use them are fakes on 127.0.0.1, and
 * nothing outside tests trusts them.
 */

/** Stands in for the root that signs the certificates of WhatsApp's chat servers (Curve25519). */
export const NOISE_ROOT = {
  public: Buffer.from("4194d8b1e13d7bd41bf84bc2c514b75c0a4b9ef95ad582a4ec264d17c843ab54", "hex"),
  private: Buffer.from("089ea3cea896b91a372df072da8b5395d6c694b7adeeab099801574dcb700374", "hex"),
};

/** Of the media server on 127.0.0.1; signed by itself, valid until 2056. */
export const MEDIA_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBujCCAV+gAwIBAgIUBN0HaZ2qKWTP95GcQ+icLLEoj8IwCgYIKoZIzj0EAwIw
IzEhMB8GA1UEAwwYUGFybGV5IHRlc3QgbWVkaWEgc2VydmVyMCAXDTI2MTEyMjE4
MTUyNFoYDzIwNTYxMTIxMTgxNTI0WjAjMSEwHwYDVQQDDBhQYXJsZXkgdGVzdCBt
ZWRpYSBzZXJ2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAR0o37E5N/sN/
Of6pbA6R7eK80yXwsULxuIEzDBlCYg18cHP/mWU1fQQ3utHB8aT3NwLbrFBi44T0
O3Uwt/6no28wbTAdBgNVHQ4EFgQUMAWYaNHqQziUvhyna038HoUi8Q0wHwYDVR0j
BBgwFoAUMAWYaNHqQziUvhyna038HoUi8Q0wGgYDVR0RBBMwEYcEfwAAAYIJbG9j
YWxob3N0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAITxQMdL
xFySE4rccxRV4KID5NNundumgJniVnzMHHuiAiEAw905yq0dZUjDdD/CWeowzreQ
yPre4fRdLbxm7Dou4kI=
-----END CERTIFICATE-----
`;

export const MEDIA_CERTIFICATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpoFrO/NnBrgRG/Pv
JdZ/OHWStIcDxoTh2zQQn+7gRGyhRANCAATAR0o37E5N/sN/Of6pbA6R7eK80yXw
sULxuIEzDBlCYg18cHP/mWU1fQQ3utHB8aT3NwLbrFBi44T0O3Uwt/6n
-----END PRIVATE KEY-----
`;
