//! A server that is far away: what goes to a near one through here takes a while, and is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that makes each request of each connection wait, and counts them. Runs on threads of its own until it is dropped.
///
/// A request begins with the first bytes from the client after bytes from the server: true of HTTP/1.1 without pipelines.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    counts: Arc<Counts>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    requests: AtomicU64,
    unanswered: AtomicU64,
    most: AtomicU64,
}

impl Proxy {
    /// Starts one on a free port of this machine. `delay` is what a round trip takes: a request, and making a connection.
    pub(crate) fn start(to: &str, delay: Duration) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let (to, shared) = (to.to_owned(), Arc::clone(&counts));
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connect(client, to.clone(), delay, Arc::clone(&shared)));
            }
        });
        Ok(Self {
            address,
            counts,
            _runtime: runtime,
        })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made, how many requests there were, and how many of them at once, since this was last asked.
    pub(crate) fn counts(&self) -> [u64; 3] {
        let all = [&self.counts.connections, &self.counts.requests, &self.counts.most];
        all.map(|count| count.swap(0, Ordering::Relaxed))
    }
}

async fn connect(client: TcpStream, to: String, delay: Duration, counts: Arc<Counts>) {
    tokio::time::sleep(delay).await;
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let answered = AtomicBool::new(true);
    let (answered, counts) = (&answered, &*counts);
    tokio::join!(
        pass(from_client, to_server, 1 << 16, || asked(answered, delay, counts)),
        pass(from_server, to_client, 1 << 18, || told(answered, counts)),
    );
    // A request that was never answered is open no more.
    told(answered, counts).await;
}

/// The client sends bytes: those that begin a request are counted, and wait.
async fn asked(answered: &AtomicBool, delay: Duration, counts: &Counts) {
    if answered.swap(false, Ordering::AcqRel) {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let now = counts.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(delay).await;
    }
}

/// The server sends bytes, which end a request.
async fn told(answered: &AtomicBool, counts: &Counts) {
    if !answered.swap(true, Ordering::AcqRel) {
        counts.unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Passes bytes on, those of each reading after what has to be done `before`, and the end of them, too.
async fn pass<F: Future<Output = ()>>(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    most: usize,
    before: impl Fn() -> F,
) {
    let mut buffer = vec![0; most];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        before().await;
        let sent = to.write_all(buffer.get(..length).unwrap_or_default());
        if sent.await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
