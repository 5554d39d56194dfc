#!/usr/bin/perl
# Reads what the specification of OpenMetrics 1.0 allows, and nothing else: families in one piece, metadata before samples,
# suffixes that go with the type, canonical bounds, buckets that only grow, labels once, and "# EOF" as the last line.
#
#   openmetrics.pl FILE: says what is wrong; exit 1 where something is
use strict;
use warnings;

my %suffixes = (
    counter => [ '_total', '_created' ],
    gauge => [''],
    histogram => [ '_bucket', '_count', '_sum', '_created' ],
    gaugehistogram => [ '_bucket', '_gcount', '_gsum' ],
    info => ['_info'],
    stateset => [''],
    summary => [ '', '_count', '_sum', '_created' ],
    unknown => [''],
);
my $name_form = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $label_form = qr/[a-zA-Z_][a-zA-Z0-9_]*/;
my $number_form = qr/[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?)|nan/i;
my (%families, %owners, %samples, $family, $file);
my ($errors, $line) = (0, 0);

sub complain {
    my ($text) = @_;
    print "$file:$line: $text\n";
    $errors++;
}

sub enter {
    my ($name) = @_;
    return if defined $family && $family->{name} eq $name;
    close_family();
    complain("family $name stands in two places") if exists $families{$name};
    $family = $families{$name} = { name => $name, type => 'unknown', samples => 0 };
}

sub metadata {
    my ($keyword, $name, $text) = @_;
    enter($name);
    complain("a second $keyword of $name") if $family->{$keyword}++;
    complain("$keyword of $name stands behind samples") if $family->{samples} > 0;
    if ($keyword eq 'TYPE') {
        complain("unknown type $text") if !exists $suffixes{$text};
        $family->{type} = $text;
    } elsif ($keyword eq 'UNIT') {
        complain("$name does not end with its unit $text") if $text ne '' && $name !~ /_\Q$text\E$/;
        $family->{unit} = $text;
    } else {
        complain('HELP holds a guard that there is not') if $text =~ /(?<!\\)(?:\\\\)*\\[^\\n"]/;
    }
}

sub labels_of {
    my ($text) = @_;
    my (%labels, $rest);
    $rest = $text;
    while ($rest ne '') {
        if ($rest !~ s/^($label_form)="((?:[^\\"\n]|\\[\\"n])*)"(,(?=.)|$)//) {
            complain("no labels: $text");
            last;
        }
        complain("label $1 stands twice") if exists $labels{$1};
        complain("label $1 is reserved") if $1 =~ /^__/;
        $labels{$1} = $2;
    }
    return %labels;
}

sub family_of { # the sample's family, and what stands behind its name
    my ($name) = @_;
    if (defined $family) {
        for my $suffix (@{ $suffixes{ $family->{type} } // [] }) {
            return $suffix if $name eq $family->{name} . $suffix;
        }
    }
    complain("sample $name belongs to no family");
    return undef;
}

sub bucket {
    my ($value, %labels) = @_;
    my $le = delete $labels{le};
    return complain('a bucket without le') if !defined $le;
    complain("le=\"$le\" is not canonical") if $le !~ /^(?:\+Inf|\d+\.\d+|\d+(?:\.\d+)?e[+-]\d+)$/;
    my $point = $family->{points}{ key(%labels) } //= { last => -1, bound => undef, inf => undef };
    my $bound = $le eq '+Inf' ? 9**9**9 : $le;
    complain("buckets do not rise at le=\"$le\"") if defined $point->{bound} && $bound <= $point->{bound};
    complain("buckets shrink at le=\"$le\"") if $value < $point->{last};
    complain('a bucket is no whole number') if $value !~ /^\d+$/;
    ($point->{bound}, $point->{last}) = ($bound, $value);
    $point->{inf} = $value if $le eq '+Inf';
}

sub key {
    my (%labels) = @_;
    return join ',', map { "$_=$labels{$_}" } sort keys %labels;
}

sub sample {
    my ($name, $label_text, $value) = @_;
    my $suffix = family_of($name);
    return if !defined $suffix;
    my %labels = labels_of($label_text);
    my $type = $family->{type};
    complain("$name is a sample of two families") if ($owners{$name} //= $family->{name}) ne $family->{name};
    complain("$name\{$label_text} stands twice") if $samples{ $name . '{' . key(%labels) }++;
    complain("value of $name is no number: $value") if $value !~ /^$number_form$/;
    complain('a counter is negative or no number') if $type eq 'counter' && $value =~ /^-|nan/i;
    complain('an info is not 1') if $type eq 'info' && $value ne '1';
    if ($type eq 'histogram') {
        bucket($value, %labels) if $suffix eq '_bucket';
        complain('le stands outside of a bucket') if $suffix ne '_bucket' && exists $labels{le};
        $family->{points}{ key(%labels) }{count} = $value if $suffix eq '_count';
        complain('a sum is negative') if $suffix eq '_sum' && $value =~ /^-/;
    }
    $family->{samples}++;
}

sub close_family {
    return if !defined $family;
    complain("$family->{type} $family->{name} has a unit") if $family->{unit} && $family->{type} =~ /^(info|stateset)$/;
    for my $point (values %{ $family->{points} // {} }) {
        complain("$family->{name} has no bucket +Inf") if !defined $point->{inf};
        complain("$family->{name}: count is not that of +Inf")
            if defined $point->{count} && $point->{count} != ($point->{inf} // -1);
    }
    undef $family;
}

die "usage: openmetrics.pl FILE\n" if @ARGV != 1;
$file = $ARGV[0];
open my $in, '<:raw', $file or die "openmetrics.pl: $file: $!\n";
my $text = do { local $/; <$in> };
complain('not UTF-8') if !utf8::decode(my $copy = $text);
complain('no "# EOF" as the last line') if $text !~ s/^# EOF\n\z//m;
for (split /\n/, $text, -1) {
    $line++;
    if ($_ eq '' && $line > ($text =~ tr/\n//)) {
        next; # behind the last line's end
    }
    if (/^# (TYPE|UNIT|HELP) ($name_form) (.*)$/) {
        metadata($1, $2, $3);
    } elsif (/^($name_form)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/) {
        sample($1, $2 // '', $3);
    } else {
        complain("neither metadata nor a sample: $_");
    }
}
close_family();
exit($errors > 0);
