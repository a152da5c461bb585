//! What fills a channel never ends it in silence.

use std::panic::AssertUnwindSafe;

use dj_codec_api::{Error, Result};
use futures_util::FutureExt as _;
use tokio::sync::mpsc::Sender;

/// Does the work that sends rows. That it failed or broke off is the last that is sent: who reads takes the end of the channel for
/// the end of the table.
pub(crate) async fn feed<T>(sender: &Sender<Result<T>>, work: impl Future<Output = Result<()>>) {
    let error = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(_) => Error::store("what reads the rows of the table broke off"),
    };
    let _ = sender.send(Err(error)).await;
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    async fn told(work: impl AsyncFnOnce(&Sender<Result<u8>>) -> Result<()>) -> Vec<Result<u8, String>> {
        let (sender, mut rows) = mpsc::channel(8);
        feed(&sender, work(&sender)).await;
        drop(sender);
        let mut all = Vec::new();
        while let Some(row) = rows.recv().await {
            all.push(row.map_err(|error| error.message().to_owned()));
        }
        all
    }

    #[tokio::test]
    async fn the_end_is_told_from_a_failure() {
        let whole = told(async |sender| {
            sender.send(Ok(1)).await.unwrap();
            Ok(())
        });
        assert_eq!(whole.await, [Ok(1)]);
        let failed = told(async |_| Err(Error::store("no answer")));
        assert_eq!(failed.await, [Err("no answer".to_owned())]);
        let broken = told(async |sender| {
            sender.send(Ok(1)).await.unwrap();
            panic!("a row that nobody expected")
        });
        assert_eq!(
            broken.await,
            [
                Ok(1),
                Err("what reads the rows of the table broke off".to_owned())
            ]
        );
    }
}
