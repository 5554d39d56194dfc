#!/usr/bin/perl
# Validates JSON documents against a JSON schema: the few keywords that ours use, and nothing silently passed over. In a
# document that we have written ourselves a key that the schema does not know is an error too.
#
#   schema.pl SCHEMA DOCUMENT...
use strict;
use warnings;
use B;
use JSON::PP;

my %known = map { $_ => 1 }
    qw($schema $defs $ref title description type required properties items enum const minimum minLength);
my ($root, $errors, $document) = (undef, 0, undef);

sub complain {
    my ($path, $text) = @_;
    print "$document: $path: $text\n";
    $errors++;
}

sub type_of {
    my ($value) = @_;
    return 'null' if !defined $value;
    return 'object' if ref $value eq 'HASH';
    return 'array' if ref $value eq 'ARRAY';
    return 'boolean' if JSON::PP::is_bool($value);
    return 'string' if B::svref_2object(\$value)->FLAGS & B::SVf_POK;
    return $value == int $value ? 'integer' : 'number';
}

sub validate_object {
    my ($schema, $value, $path) = @_;
    for my $key (@{ $schema->{required} // [] }) {
        complain($path, "\"$key\" is missing") if !exists $value->{$key};
    }
    for my $key (sort keys %$value) {
        my $inner = $schema->{properties}{$key};
        if (defined $inner) {
            validate($inner, $value->{$key}, "$path.$key");
        } elsif (exists $schema->{properties}) {
            complain($path, "\"$key\" is not in the schema");
        }
    }
}

sub validate {
    my ($schema, $value, $path) = @_;
    for my $keyword (keys %$schema) {
        die "schema.pl: keyword $keyword is not known\n" if !$known{$keyword};
    }
    if (exists $schema->{'$ref'}) {
        my ($name) = $schema->{'$ref'} =~ m{^#/\$defs/(\w+)$} or die "schema.pl: $schema->{'$ref'}\n";
        return validate($root->{'$defs'}{$name}, $value, $path);
    }
    my $type = type_of($value);
    if (exists $schema->{type} && $type ne $schema->{type}) {
        return complain($path, "$type, not $schema->{type}");
    }
    if (exists $schema->{const} && ($type ne type_of($schema->{const}) || $value ne $schema->{const})) {
        complain($path, "not $schema->{const}");
    }
    if (exists $schema->{enum} && !grep { $type eq 'string' && $_ eq $value } @{ $schema->{enum} }) {
        complain($path, 'none of ' . join(', ', @{ $schema->{enum} }));
    }
    complain($path, "below $schema->{minimum}") if exists $schema->{minimum} && $value < $schema->{minimum};
    complain($path, 'too short') if exists $schema->{minLength} && length($value) < $schema->{minLength};
    validate_object($schema, $value, $path) if $type eq 'object';
    if ($type eq 'array' && exists $schema->{items}) {
        validate($schema->{items}, $value->[$_], "$path\[$_]") for 0 .. $#$value;
    }
}

sub decoded {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "schema.pl: $path: $!\n";
    local $/;
    return JSON::PP->new->utf8->decode(scalar <$file>);
}

die "usage: schema.pl SCHEMA DOCUMENT...\n" if @ARGV < 2;
$root = decoded(shift @ARGV);
for (@ARGV) {
    $document = $_;
    my $value = eval { decoded($document) };
    if ($@) {
        print "$document: no JSON: $@";
        $errors++;
    } else {
        validate($root, $value, '$');
    }
}
exit($errors > 0);
