"""Resources that are no VirtualServices and may name the old gateway all the same. Pure.

model/policies/attached: what is read of them; facts: all of it; labels, identity: how selectors and principals match;
moves: the pods of each pair of old and new Gateway. The rules are in istio/audit.
"""
