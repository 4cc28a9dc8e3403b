//! Damage, ids and places.
