use super::*;

#[tokio::test]
async fn a_name_server_that_is_silent_is_given_up() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    let looking = addresses(&"hooks.example.test".parse().unwrap(), &[at]).await;
    assert!(looking.is_err(), "{looking:?}");
}
