use super::*;
use crate::webhook::{KeyError, KeyKind};

/// Of the specification's reference libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CONTENT: &[u8] = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
/// RFC 8032, section 7.1, test 2.
const PAIR: &str =
    "whsk_TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs9QBfD6EOJWpK3CqdNG368nJgszy7ElozAzVXxKvRmDA==";
const PUBLIC: &str = "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";
const SIGNATURE_OF_0X72: &str =
    "v1a,kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==";

#[test]
fn signatures_are_those_of_the_specification() {
    let shared = Key::parse(SECRET).unwrap();
    assert_eq!(
        shared.sign(CONTENT),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
    let pair = Key::parse(PAIR).unwrap();
    assert_eq!(pair.sign(&[0x72]), SIGNATURE_OF_0X72);
    assert_eq!(pair.public().as_deref(), Some(PUBLIC));
}

#[test]
fn keys_are_read_as_they_are_written() {
    for (text, wanted) in [
        (SECRET, Ok(KeyKind::Shared)),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
            Ok(KeyKind::Shared),
        ),
        (PAIR, Ok(KeyKind::Pair)),
        (
            "whsk_TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=",
            Ok(KeyKind::Pair),
        ),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Err(KeyError::Prefix)),
        (PUBLIC, Err(KeyError::Public)),
        ("whsec_not base64", Err(KeyError::Base64)),
        ("whsec_", Err(KeyError::SecretLength(0))),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ",
            Err(KeyError::SecretLength(22)),
        ),
        (
            "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            Err(KeyError::PairLength(24)),
        ),
    ] {
        assert_eq!(Key::parse(text).map(|key| key.kind()), wanted, "{text}");
    }
    let (seed, _) = PAIR.split_at("whsk_".len() + 43);
    let of_another = format!("{seed}A{}", &PAIR[seed.len() + 1..]);
    assert_eq!(Key::parse(&of_another).unwrap_err(), KeyError::Mismatch);
}

#[test]
fn a_new_key_is_written_and_read_again_and_never_shown_by_accident() {
    for kind in [KeyKind::Shared, KeyKind::Pair] {
        let key = Key::generate(kind).unwrap();
        let again = Key::parse(&key.secret()).unwrap();
        assert_eq!((again.kind(), again.public()), (kind, key.public()));
        assert_eq!(again.sign(CONTENT), key.sign(CONTENT));
        assert_ne!(
            Key::generate(kind).unwrap().sign(CONTENT),
            key.sign(CONTENT)
        );
        assert_eq!(format!("{key:?}"), format!("Key({kind:?})"));
    }
}

#[test]
fn while_keys_are_replaced_all_of_them_sign() {
    let keys = || [SECRET, PAIR].map(|text| Key::parse(text).unwrap());
    let at = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
    let header = Signer::new(keys().into())
        .unwrap()
        .sign(Uuid::nil(), at, b"{}");
    let content = format!("{}.1614265330.{{}}", Uuid::nil());
    let each: Vec<_> = keys()
        .iter()
        .map(|key| key.sign(content.as_bytes()))
        .collect();
    assert_eq!(header.split(' ').collect::<Vec<_>>(), each);

    assert_eq!(Signer::new(Vec::new()).unwrap_err(), SignerError::NoKey);
    let many = (0..5).map(|_| Key::parse(SECRET).unwrap()).collect();
    assert_eq!(Signer::new(many).unwrap_err(), SignerError::TooMany(5));
}
