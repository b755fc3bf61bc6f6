use egress_spec::Foreign;

use super::*;

const ACCOUNT: &str = "https://acme.example/acct/1";

fn caa(critical: bool, tag: &str, value: &str) -> Caa {
    Caa { critical, tag: Foreign::of(tag.bytes()), value: Foreign::of(value.bytes()) }
}

fn allows(all: &[Caa]) -> bool {
    let identities = ["letsencrypt.org".to_owned(), "ca.example".to_owned()];
    let issuer = Issuer { identities: &identities, account: ACCOUNT };
    forbidden(&"www.example.org".parse().unwrap(), all, issuer).is_none()
}

fn issue(value: &str) -> Caa {
    caa(false, "issue", value)
}

#[test]
fn caa_records_are_read_as_an_authority_reads_them() {
    assert!(allows(&[]));
    assert!(allows(&[issue("letsencrypt.org")]));
    assert!(allows(&[issue("CA.Example.")]));
    assert!(allows(&[issue("other.example"), issue("ca.example; policy=ev")]));
    assert!(allows(&[caa(false, "ISSUE", "letsencrypt.org")]));
    // properties that are about something else
    assert!(allows(&[caa(false, "iodef", "mailto:a@example.org"), caa(false, "issuewild", "other.example")]));
    assert!(allows(&[caa(true, "iodef", "mailto:a@example.org")]));
    assert!(allows(&[caa(false, "future", "x")]));
    for denied in [
        issue("other.example"),
        issue(";"),
        issue(""),
        issue("letsencrypt.org.evil.example"),
        issue("\n;letsencrypt.org"),
    ] {
        assert!(!allows(std::slice::from_ref(&denied)), "{denied:?}");
    }
    assert!(!allows(&[issue("letsencrypt.org"), caa(true, "future", "x")]), "critical, and not understood");
}

#[test]
fn parameters_bind_the_account_and_the_way_of_proof() {
    assert!(allows(&[issue("ca.example; validationmethods=dns-01,http-01")]));
    assert!(!allows(&[issue("ca.example; validationmethods=dns-01")]));
    assert!(allows(&[issue(&format!("ca.example; accounturi={ACCOUNT}"))]));
    assert!(!allows(&[issue(&format!("ca.example; accounturi={ACCOUNT}0"))]));
    assert!(allows(&[issue("ca.example; validationmethods=dns-01"), issue("letsencrypt.org")]));
}

#[test]
fn an_authority_that_does_not_say_who_it_is_is_asked() {
    let issuer = Issuer { identities: &[], account: ACCOUNT };
    assert_eq!(forbidden(&"www.example.org".parse().unwrap(), &[issue("other.example")], issuer), None);
}

#[test]
fn the_remedy_is_a_record_for_this_authority() {
    let identities = ["letsencrypt.org".to_owned()];
    let issuer = Issuer { identities: &identities, account: ACCOUNT };
    let found = forbidden(&"www.example.org".parse().unwrap(), &[issue("other.example")], issuer).unwrap();
    assert_eq!(found.code, "caa");
    assert!(found.detail.contains("other.example"), "{found:?}");
    assert!(found.remedy.contains("`www.example.org CAA 0 issue \"letsencrypt.org\"`"), "{found:?}");
}
