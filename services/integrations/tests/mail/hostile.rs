//! Servers that do what no server should.

use std::time::Duration;

use integrations::mail::{MailError, Mailer, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{mail, settings};

/// Serves one connection by this script.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    script: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        script(stream).await;
    });
    port
}

async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 1024];
    let length = stream.read(&mut bytes).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[tokio::test]
async fn one_that_never_greets_is_left_in_time() {
    let port = serve(|mut stream| async move {
        read(&mut stream).await;
    })
    .await;
    for security in [Security::None, Security::Tls] {
        let mut impatient = settings(security, port);
        impatient.waits.answer_max = Duration::from_millis(200);
        impatient.waits.connect_max = Duration::from_millis(200);
        impatient.extra_root_pem = Some(
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
                .unwrap()
                .cert
                .pem(),
        );
        let error = Mailer::new(impatient)
            .unwrap()
            .send(&mail("jane@client.example"))
            .await
            .unwrap_err();
        assert!(matches!(error, MailError::Unreachable(_)), "{error}");
    }
}

#[tokio::test]
async fn one_that_never_ends_its_line_fills_no_memory() {
    let port = serve(|mut stream| async move {
        let line = [b'x'; 16 * 1024];
        while stream.write_all(&line).await.is_ok() {}
    })
    .await;
    let error = Mailer::new(settings(Security::None, port))
        .unwrap()
        .check()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("said more than 262144 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn one_that_hangs_up_before_the_mail_did_not_get_it() {
    for answers in [
        &["220 hello\r\n"][..],
        &["220 hello\r\n", "250 hello\r\n"],
        &["220 hello\r\n", "250 hello\r\n", "250 ok\r\n"],
        &["220 hello\r\n", "250 hello\r\n", "250 ok\r\n", "250 ok\r\n"],
    ] {
        let port = serve(move |mut stream| async move {
            for answer in answers {
                stream.write_all(answer.as_bytes()).await.unwrap();
                read(&mut stream).await;
            }
        })
        .await;
        let error = Mailer::new(settings(Security::None, port))
            .unwrap()
            .send(&mail("jane@client.example"))
            .await
            .unwrap_err();
        assert!(matches!(error, MailError::Unreachable(_)), "{error}");
    }
}

#[tokio::test]
async fn one_that_refuses_every_connection_is_not_the_recipients_fault() {
    let port = serve(|mut stream| async move {
        stream
            .write_all(b"554 5.7.1 you are on a list\r\n")
            .await
            .unwrap();
        read(&mut stream).await;
    })
    .await;
    let error = Mailer::new(settings(Security::None, port))
        .unwrap()
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert!(error.stops_all(), "{error}");
}

#[tokio::test]
async fn words_put_in_before_tls_begins_are_never_heard() {
    let port = serve(|mut stream| async move {
        stream.write_all(b"220 hello\r\n").await.unwrap();
        read(&mut stream).await;
        stream.write_all(b"250-hello\r\n250 STARTTLS\r\n").await.unwrap();
        assert_eq!(read(&mut stream).await, "STARTTLS\r\n");
        // Whoever sits between answers in place of what comes after.
        stream.write_all(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n").await.unwrap();
        while !read(&mut stream).await.is_empty() {}
    })
    .await;
    let mut starttls = settings(Security::StartTls, port);
    starttls.extra_root_pem = Some(
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
            .unwrap()
            .cert
            .pem(),
    );
    starttls.login = super::login("user", "pass word");
    let error = Mailer::new(starttls)
        .unwrap()
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert!(matches!(error, MailError::Unsafe(_)), "{error}");
}
