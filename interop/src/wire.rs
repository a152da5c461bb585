//! The wire between a program and a database server, on which the program can be killed at a message that is counted.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::failed::Outcome;
use crate::program::Running;

/// How long the server has to do what it was sent last before the program is killed.
const LAST_WORK: Duration = Duration::from_millis(15);

/// A wire on a port of its own. Its threads end with the connections.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    messages: AtomicU64,
    victim: Mutex<Option<Victim>>,
    dead: AtomicBool,
}

/// Who is to be killed, and when.
#[derive(Debug)]
struct Victim {
    running: Running,
    at: u64,
    delivered: bool,
}

impl Wire {
    /// A wire to a server, `HOST:PORT`.
    pub(crate) fn to(server: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let (server, inner) = (server.to_owned(), Arc::clone(&shared));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(&server) {
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    connect(&client, &server, &inner);
                }
            }
        });
        Ok(Self { address, shared })
    }

    /// Where it begins, `HOST:PORT`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many messages the program has sent since this was last asked.
    pub(crate) fn messages(&self) -> u64 {
        self.shared.messages.swap(0, Ordering::SeqCst)
    }

    /// Kills a program at its message of this number, counted from now on: before the server gets it, or when the server has done what
    /// it says and the program does not know yet.
    pub(crate) fn kill_at(&self, running: Running, at: u64, delivered: bool) {
        self.shared.dead.store(false, Ordering::SeqCst);
        let mut victim = self.shared.victim.lock().unwrap_or_else(PoisonError::into_inner);
        *victim = Some(Victim {
            running,
            at,
            delivered,
        });
    }

    /// Spares it.
    pub(crate) fn spare(&self) {
        self.shared.dead.store(false, Ordering::SeqCst);
        *self.shared.victim.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn connect(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    let pairs = [(client, server, true), (server, client, false)];
    for (from, to, of_client) in pairs {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
            return;
        };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            pass(&from, &to, of_client, &shared);
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, of_client: bool, shared: &Shared) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let message = buffer.get(..length).unwrap_or_default();
        if of_client && !shared.lets_pass(message, to) {
            return;
        }
        // What the server says to one that is to die is not heard; nor does that see its connections end.
        if !of_client && shared.dead.load(Ordering::SeqCst) {
            continue;
        }
        if to.write_all(message).is_err() {
            return;
        }
    }
}

impl Shared {
    /// Counts a message of the program, and kills it where it is time.
    fn lets_pass(&self, message: &[u8], mut server: &TcpStream) -> bool {
        let number = self.messages.fetch_add(1, Ordering::SeqCst) + 1;
        let mut victim = self.victim.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(due) = victim.take_if(|victim| number >= victim.at) else {
            return true;
        };
        self.dead.store(true, Ordering::SeqCst);
        if due.delivered && server.write_all(message).is_ok() {
            std::thread::sleep(LAST_WORK);
        }
        due.running.kill();
        false
    }
}
