//! The first request of a new function over real TLS, beside later ones.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use local::Options;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::binaries::{self, FUNCTIONS};
use super::fill::Filling;
use super::function::Function;
use super::stacks::Prepared;
use super::table::{Row, Samples};
use super::{Effort, event};

/// Later requests of each function that is started, of which the start keeps the medians.
const LATER: usize = 15;

/// Functions started in one round, of each kind.
const STARTS: usize = 5;

const MILLISECOND: f64 = 0.001;

/// What any binary with aws-lc holds: the paths of its sources, which its errors name.
const AWS_LC: [&[u8]; 2] = [b"aws-lc", b"aws_lc"];

/// What the functions of one kind took.
#[derive(Default)]
struct Measured {
    first: Samples,
    later: Samples,
    /// Only for accounts that the function had not met, as those of the first request.
    later_at_first_sight: Samples,
}

pub async fn rows(effort: Effort) -> Vec<Row> {
    let (prepared, customer) =
        Prepared::by(&json!({}), async |program| program.funded_line(["1000.00", "500.00", "100.00"]).await.customer)
            .await;
    let starts = effort.rounds * STARTS;
    let accounts = Filling::of(&prepared.store()).copies(&customer, starts * (LATER + 2));
    let (stack, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let store = Terminator::before(stack.store_url()).await.expect("a TLS server");
    let warm_up = || ("BARE_WARM_UP", "1".to_owned());
    let mut accounts = accounts.iter();
    let mut next = || event::purchase(accounts.next().expect("an account"));

    let [mut ours, mut bare, mut cold]: [Measured; 3] = std::array::from_fn(|_| Measured::default());
    for _ in 0..effort.rounds {
        let [mut of_ours, mut of_bare, mut of_cold]: [Measured; 3] = std::array::from_fn(|_| Measured::default());
        for _ in 0..STARTS {
            start(&mut of_ours, "purchasing", &store.environment(), &mut next).await;
            let mut same = || event::purchase("acc_bare");
            start(&mut of_bare, "bare_store", &[store.environment(), vec![warm_up()]].concat(), &mut same).await;
            start(&mut of_cold, "bare_store", &store.environment(), &mut same).await;
        }
        ours.add(&of_ours);
        bare.add(&of_bare);
        cold.add(&of_cold);
    }
    stack.stop().await;
    show(&ours, &bare, &cold)
}

impl Measured {
    /// Takes the medians of a round.
    fn add(&mut self, round: &Measured) {
        self.first.add(round.first.median());
        self.later.add(round.later.median());
        self.later_at_first_sight.add(round.later_at_first_sight.median());
    }
}

fn show(ours: &Measured, bare: &Measured, cold: &Measured) -> Vec<Row> {
    let row = |what: &str, first: &Samples, later: &Samples, name: &str| {
        let shown = |samples: &Samples| format!("{:.2} ms", samples.median() / MILLISECOND);
        let ratio = first.over(later);
        let row = Row::of(what, shown(first)).against(format!("{name} {}", shown(later))).ratio(&ratio);
        (row, ratio.median())
    };
    let what = "first purchase after start, TLS";
    let (at_first_sight, ratio) = row(what, &ours.first, &ours.later_at_first_sight, "later, account not met");
    let at_first_sight = at_first_sight.target("≤ 1.5", ratio <= 1.5);
    let (met, ratio) = row(what, &ours.first, &ours.later, "later, account met");
    let met = met.target("≤ 1.5", ratio <= 1.5);
    vec![
        at_first_sight,
        met,
        row("first request of bare_store with a warm-up call", &bare.first, &bare.later, "later").0,
        row("first request of bare_store without one", &cold.first, &cold.later, "later").0,
        entropy(),
    ]
}

/// Of the TLS libraries only aws-lc gathers jitter entropy at first use, unless it is built with a setting.
fn entropy() -> Row {
    let count = FUNCTIONS.iter().filter(|function| holds_aws_lc(function)).count();
    Row::of("entropy setting", if count == 0 { "none needed" } else { "needed" })
        .against(format!("aws-lc, which gathers jitter entropy, is in {count} of {} functions", FUNCTIONS.len()))
}

fn holds_aws_lc(function: &str) -> bool {
    let content = std::fs::read(binaries::path(function)).expect("a binary");
    content.windows(AWS_LC[0].len()).any(|bytes| AWS_LC.contains(&bytes))
}

/// Starts a function and has it answer.
async fn start(
    measured: &mut Measured,
    binary: &str,
    environment: &[(&'static str, String)],
    next: &mut impl FnMut() -> String,
) {
    let (mut function, _) = Function::start(&binaries::path(binary), environment).await;
    measured.first.add(answered(&mut function, &next()).await);
    let mut met = next();
    let [mut later, mut at_first_sight] = [Samples::default(), Samples::default()];
    answered(&mut function, &met).await;
    for _ in 0..LATER {
        at_first_sight.add(answered(&mut function, &next()).await);
        met = event::with_new_key(&met);
        later.add(answered(&mut function, &met).await);
    }
    measured.later.add(later.median());
    measured.later_at_first_sight.add(at_first_sight.median());
    function.stop().await;
}

async fn answered(function: &mut Function, event: &str) -> f64 {
    let (took, answer) = function.invoke(event).await;
    event::expect_created(&answer);
    took.as_secs_f64()
}

/// TLS before a store that has none.
struct Terminator {
    url: String,
    /// Holds the certificate.
    folder: TempDir,
    server: JoinHandle<()>,
}

impl Terminator {
    async fn before(store: &str) -> io::Result<Terminator> {
        let folder = TempDir::new()?;
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).map_err(io::Error::other)?;
        std::fs::write(certificate(&folder), made.cert.pem())?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let (acceptor, store) = (TlsAcceptor::from(Arc::new(config)), store.replace("http://", ""));
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), socket, store.clone()));
            }
        });
        Ok(Terminator { url, folder, server })
    }

    /// How a function finds it and comes to trust it.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let certificate = certificate(&self.folder).to_string_lossy().into_owned();
        vec![("AWS_ENDPOINT_URL_DYNAMODB", self.url.clone()), ("SSL_CERT_FILE", certificate)]
    }
}

impl Drop for Terminator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn certificate(folder: &TempDir) -> PathBuf {
    folder.path().join("ca.pem")
}

/// One connection, until either side ends it.
async fn serve(acceptor: TlsAcceptor, socket: TcpStream, store: String) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut client = acceptor.accept(socket).await?;
    let mut server = TcpStream::connect(store).await?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}
