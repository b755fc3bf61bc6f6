//! Keys made by `ssh-keygen` and thrown away, with the fingerprints it printed.

pub(crate) const ED25519: &str = "ssh-ed25519 \
    AAAAC3NzaC1lZDI1NTE5AAAAIOlcuytl6ByvMy4XUXWk+r3/ECtUpd5NphaS02f680ZW";
pub(crate) const ED25519_FINGERPRINT: &str = "SHA256:wpoKKNF3NNLOabI9kjF7CH9v4EZRqIzlS14q9oNmL0U";
pub(crate) const P256: &str = "ecdsa-sha2-nistp256 \
    AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKnIGWCjKakKEABAATBQD5mEb8PJdIovb04YPu\
    Qu18IQPX45jK/EUeqD6iHJ5M0Ki8VIyxUtb2h69kNgM68WkUU=";
pub(crate) const P384: &str = "ecdsa-sha2-nistp384 \
    AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBO+slS2sHTcGCJSGZNPofBcK0dGihDPk1cScPx\
    rZ9wu9iOP9TZUg5a2B9kVPlYDCwTy9XoyyEYNtIItbO3/yVUnigDsY6bR7J+HSp/ihWPTRl7755urFD2rIQDh0FnDc\
    6g==";
pub(crate) const P521: &str = "ecdsa-sha2-nistp521 \
    AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBABo82+uPxOc1nhAf5IxOqpkU1SmGbe9tFalbc\
    PqZlcdJIXhoFQUVijsWoKeYV0L35d8cG+vvw+e+CVBZwu1YYpjTAA6VWgKebYbts/8o3HeAdcfjlSDf0E+v79N5JsJ\
    IL+k2ffqOm+NsHk/UC5MAF3jV3HJ4Z71h0XZC5QZa68FVTdV+w==";
pub(crate) const P521_FINGERPRINT: &str = "SHA256:wgskktjiONK8JzVKbkpwGJRWAhbsVti+y9hC7pVaSQc";
pub(crate) const RSA_2048: &str = "ssh-rsa \
    AAAAB3NzaC1yc2EAAAADAQABAAABAQCZkztYNwZIbVGyDXk+UymoRcbaUPc1dz3vqSE0N7BO5WRSnYLJUWDX9R50ZK\
    +HKabTac/e3mQtIOKRL7vsCvwoSYnqVPj8d2Dh7Q/213/d7y9iuWcl319uKaRNQ+TJYWKBJ2invC4641HM7VW1FRLG\
    tD1OqdvWgpltJNVZTVSpa48wh9lAG6r0PmaGfcEn3PXqSdjD7jlY29h3JsnbcDpvpKtSaDy6emIlnPUbPghQlgT8+X\
    czLCfetMLtDDn0jxNmDehR1LhDmv5MnrzFs1083cSsUIebL36MM0zRX+8+p1536GiE2J3mNjkgouLwQraV22M7vVp1\
    zhPkeImoedC9";
pub(crate) const RSA_2048_FINGERPRINT: &str = "SHA256:kJ7HlU5lhYx8z1Uy5XrFVNMJaQp9gFnfFU546qpcQsg";
pub(crate) const RSA_1024: &str = "ssh-rsa \
    AAAAB3NzaC1yc2EAAAADAQABAAAAgQC+2bR+vmwNn04KY3GQgUflpSsX45/pDiLgHrK1e/JSc3PbkVC9wgT3bGGPGI\
    qgNCxuobosA2CkquCeY5hqGobR7EvYdql/6reKUD8VqPFVi6t6EZ/SxLf4KNLhjMDMhp5pXPKdsIb2e7xpEpPebzmm\
    vj8NZVv0ffchzRXrsEovZQ==";
