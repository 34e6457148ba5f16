// rustls as a visitor of ours and as a forge's HTTPS. How it is called: ../README.md.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::{cipher_suite as suite, default_provider, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, CommonState, RootCertStore, ServerConfig, ServerConnection,
};
use rustls::{StreamOwned, SupportedCipherSuite};

type Failure = Box<dyn Error>;

const WAIT: Duration = Duration::from_secs(10);

fn main() -> Result<(), Failure> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["client", address, authority, cases @ ..] => client(address, authority, cases),
        ["server", listen, target, cases @ ..] => server(listen, target, cases),
        _ => Err("client ADDRESS CA CASE... | server LISTEN TARGET CASE...".into()),
    }
}

fn client(address: &str, authority: &str, cases: &[&str]) -> Result<(), Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    // One configuration for cases that are alike: it keeps the tickets.
    let mut configs: HashMap<(&str, &str), Arc<ClientConfig>> = HashMap::new();
    for case in cases {
        let (name, suite, group) = parse(case)?;
        let config = match configs.get(&(suite, group)) {
            Some(config) => config.clone(),
            None => {
                let mut config = ClientConfig::builder_with_provider(provider(suite, group)?)
                    .with_protocol_versions(&[&rustls::version::TLS13])?
                    .with_root_certificates(roots.clone())
                    .with_no_client_auth();
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                let config = Arc::new(config);
                configs.insert((suite, group), config.clone());
                config
            }
        };
        match visit(address, name, config) {
            Ok(line) => println!("{case} ok {line}"),
            Err(error) => println!("{case} failed: {error}"),
        }
    }
    Ok(())
}

/// A whole exchange, to the close_notify at its end.
fn visit(address: &str, name: &str, config: Arc<ClientConfig>) -> Result<String, Failure> {
    let socket = connect(address)?;
    let connection = ClientConnection::new(config, ServerName::try_from(name.to_owned())?)?;
    let mut stream = StreamOwned::new(connection, socket);
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    // An end without close_notify is an error here.
    stream.read_to_end(&mut answer)?;
    let status = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).into_owned();
    Ok(format!("{} {status}", describe(&stream.conn)))
}

fn server(listen: &str, target: &str, cases: &[&str]) -> Result<(), Failure> {
    let mut configs = Vec::new();
    for case in cases {
        let (file, suite, group) = parse(case)?;
        let chain = CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>()?;
        let config = ServerConfig::builder_with_provider(provider(suite, group)?)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(file)?)?;
        configs.push((*case, Arc::new(config)));
    }
    let listener = TcpListener::bind(listen)?;
    println!("listening");
    for (case, config) in configs.iter().cycle() {
        let socket = listener.accept()?.0;
        let (case, config, target) = (case.to_string(), config.clone(), target.to_string());
        thread::spawn(move || {
            if let Err(error) = serve(&case, socket, &target, config) {
                println!("{case} failed: {error}");
            }
        });
    }
    Ok(())
}

/// Carries bytes both ways until both sides have ended theirs.
fn serve(
    case: &str,
    mut socket: TcpStream,
    target: &str,
    config: Arc<ServerConfig>,
) -> Result<(), Failure> {
    let mut connection = ServerConnection::new(config)?;
    let mut plain = connect(target)?;
    socket.set_nonblocking(true)?;
    plain.set_nonblocking(true)?;
    let (mut secured, mut heard_all, mut said_all) = (false, false, false);
    let mut bytes = [0; 16384];
    loop {
        let mut idle = true;
        while connection.wants_write() && now(connection.write_tls(&mut socket))?.is_some() {
            idle = false;
        }
        if said_all && !connection.wants_write() {
            let _ = socket.shutdown(Shutdown::Write);
            if heard_all {
                return Ok(());
            }
        }
        if !heard_all && connection.wants_read() {
            match now(connection.read_tls(&mut socket))? {
                Some(0) => heard_all = true,
                Some(_) => idle = false,
                None => {}
            }
            if let Err(error) = connection.process_new_packets() {
                let _ = connection.write_tls(&mut socket);
                return Err(error.into());
            }
        }
        if !secured && !connection.is_handshaking() {
            secured = true;
            println!("{case} ok {}", describe(&connection));
        }
        match now(connection.reader().read(&mut bytes))? {
            Some(0) => drop(plain.shutdown(Shutdown::Write)),
            Some(length) => {
                idle = false;
                plain.write_all(&bytes[..length])?;
            }
            None => {}
        }
        if secured && !said_all && !connection.wants_write() {
            match now(plain.read(&mut bytes))? {
                Some(0) => {
                    idle = false;
                    said_all = true;
                    connection.send_close_notify();
                }
                Some(length) => {
                    idle = false;
                    connection.writer().write_all(&bytes[..length])?;
                }
                None => {}
            }
        }
        if idle {
            if heard_all && !secured {
                return Err("it ended before the handshake did".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// None: it would have to wait.
fn now<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn connect(address: &str) -> Result<TcpStream, Failure> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(WAIT))?;
    socket.set_write_timeout(Some(WAIT))?;
    Ok(socket)
}

fn describe(connection: &CommonState) -> String {
    let suite = connection
        .negotiated_cipher_suite()
        .map(|it| format!("{:?}", it.suite()));
    let group = connection
        .negotiated_key_exchange_group()
        .map(|it| format!("{:?}", it.name()));
    let kind = match connection.handshake_kind() {
        Some(rustls::HandshakeKind::Full) => "full",
        Some(rustls::HandshakeKind::FullWithHelloRetryRequest) => "retry",
        Some(rustls::HandshakeKind::Resumed) => "resumed",
        _ => "?",
    };
    let suite = suite.unwrap_or_default().replace("TLS13_", "TLS_");
    format!("{suite} {} {kind}", group.unwrap_or_default())
}

fn provider(suite: &str, group: &str) -> Result<Arc<CryptoProvider>, Failure> {
    let suite: SupportedCipherSuite = match suite {
        "TLS_AES_128_GCM_SHA256" => suite::TLS13_AES_128_GCM_SHA256,
        "TLS_AES_256_GCM_SHA384" => suite::TLS13_AES_256_GCM_SHA384,
        "TLS_CHACHA20_POLY1305_SHA256" => suite::TLS13_CHACHA20_POLY1305_SHA256,
        other => return Err(format!("unknown suite {other}").into()),
    };
    let group: &'static dyn SupportedKxGroup = match group {
        "X25519MLKEM768" => kx_group::X25519MLKEM768,
        "X25519" => kx_group::X25519,
        "secp256r1" => kx_group::SECP256R1,
        "secp384r1" => kx_group::SECP384R1,
        other => return Err(format!("unknown group {other}").into()),
    };
    let provider = default_provider();
    Ok(Arc::new(CryptoProvider {
        cipher_suites: vec![suite],
        kx_groups: vec![group],
        ..provider
    }))
}

/// "WHOSE,SUITE,GROUP"
fn parse(case: &str) -> Result<(&str, &str, &str), Failure> {
    match case.split(',').collect::<Vec<_>>().as_slice() {
        [whose, suite, group] => Ok((whose, suite, group)),
        _ => Err(format!("{case}: a case is WHOSE,SUITE,GROUP").into()),
    }
}
