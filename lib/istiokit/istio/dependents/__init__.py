"""Resources that are no VirtualServices and may name the old gateway all the same. Pure.

model, policies, envoyfilters: what is read of them; facts: all of it; moves: the pods of each pair of Gateways; labels,
identity, sources, network: whether selectors, principals, rules and peers mean these pods; successors: what to write
beside what means the old ones. The rules are in istio/audit.
"""
