//! Tells the store which lists are ingress lists, whose entries protect their documents.
//!
//! Guarantee: the store knows the lists of a configuration within a second after its activation,
//! and again after it has lost them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use vconduit_base::names::ListName;
use vconduit_store::Store;

/// Time between two tries while the store is unavailable.
const PAUSE: Duration = Duration::from_secs(1);
/// Time after which the lists are sent again, for a store that was emptied meanwhile. One command
/// in a minute costs nothing, and the lifetimes that documents have until then are far longer.
const REPEAT: Duration = Duration::from_secs(60);

/// Keeps the store in line with the lists until the sender is dropped.
pub(super) async fn keep(store: Arc<dyn Store>, mut lists: Receiver<Vec<ListName>>) {
    loop {
        let now = lists.borrow_and_update().clone();
        let pause = match store.set_ingress(&now).await {
            Ok(()) => REPEAT,
            Err(error) => {
                tracing::debug!(%error, "the store was not told the ingress lists");
                PAUSE
            }
        };
        if let Ok(Err(_)) = timeout(pause, lists.changed()).await {
            return;
        }
    }
}
